"""Models on the server: pull, push, create, copy, delete, list, blobs, Modelfiles, and the progress of these jobs.

In: names, files, Modelfiles. Out: requests, uploads, progress and tables. Imports neither `_clients` nor the other
features.
"""
