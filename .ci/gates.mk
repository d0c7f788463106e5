# The gates of .ci/run: targets of the Makefile, the longest first, and first of all the one that waits for downloads.

GATES := rehearsal test test-plain test-slow matrix browser check docs-check soak

# A test that hangs ends the run with the stacks of all threads, rather than never. Two at a time share no cache.
PYTEST := -p no:cacheprovider -o faulthandler_timeout=300 -o faulthandler_exit_on_timeout=true
# The longest gate takes three processes, as its tests wait for a fifth of their time.
ARGS_test := -n 3 $(PYTEST)
ARGS_test-plain := -n 0 $(PYTEST)
ARGS_test-slow := -n 0 $(PYTEST)
ARGS_browser := -o faulthandler_timeout=300 -p no:cacheprovider
ARGS_docs-check := -p no:cacheprovider
# Which wheels there are for other Pythons changes with the locks alone.
ARGS_rehearsal := -o faulthandler_timeout=600 -o faulthandler_exit_on_timeout=true -p no:cacheprovider -k distribution
ARGS_matrix := --session short generation checkers recipes
ARGS_soak := --seconds 10

.PHONY: all $(GATES)

all: $(GATES)
	@echo "All gates passed: $(GATES)"

$(GATES):
	@echo "=== make $@"; began=$$(date +%s); \
	$(MAKE) --file=Makefile --no-print-directory $@ ARGS="$(ARGS_$@)" </dev/null && status=passed || status=FAILED; \
	echo "--- make $@: $$status after $$(($$(date +%s) - began)) s"; [ $$status = passed ]
