# Short names for the scripts. Building needs a C compiler and cmake; the scripts find or install them.
.PHONY: demo test check check-peers check-slow bench

demo:         ## build the release binary, print a summary and a conversion
	sh scripts/demo.sh
test:         ## pass all tests
	sh scripts/test.sh
check:        ## format, lints, docs, dependencies
	sh scripts/check.sh
check-peers:  ## judge with pandas, xarray, pyarrow, CDO, ncdump and a CF checker
	bash scripts/check-peers
check-slow:   ## data four times the budget, under a limit of the system on anonymous memory
	bash scripts/check-slow
bench:        ## kernels and readers, by criterion
	cargo bench
