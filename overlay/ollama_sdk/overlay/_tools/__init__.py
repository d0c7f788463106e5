"""Python functions as tools: their schemas, the calls that a model asks for, and the loop of `run_tools`.

In: functions and messages. Out: tool definitions, results as messages. Imports neither `_clients` nor the other
features.
"""
