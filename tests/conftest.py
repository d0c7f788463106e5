"""For all tests."""

from __future__ import annotations

import signal

import hypothesis

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("without a deadline", deadline=None)
hypothesis.settings.load_profile("without a deadline")

# A shell starts what runs in the background with Ctrl-C ignored, and so would the tests of Ctrl-C ignore it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
