"""`python -m ollama_sdk.overlay.batch`: rows from a file through a model, and into a file.

What comes in: the arguments of the command. What goes out: the file of answers, a summary, the exit status. It uses the
same engine as `run`, and nothing of it imports this.
"""
