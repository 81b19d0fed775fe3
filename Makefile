# Every target is one call of run.py, which also works where make does not exist.
PYTHON ?= python3
ARGS ?=

.PHONY: demo test e2e lint

demo:
	$(PYTHON) run.py demo $(ARGS)

test:
	$(PYTHON) run.py test $(ARGS)

e2e:
	E2E=require $(PYTHON) run.py test tests/e2e $(ARGS)

lint:
	$(PYTHON) run.py lint
