"""What `import ollama` finds in a process that multiprocessing has spawned from one with `compat.install()`."""

from ollama_sdk.overlay.compat import install

install()  # puts the package itself in the place of this module
