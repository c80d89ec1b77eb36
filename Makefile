# Chancery. `make demo` shows it, `make test` checks it; both need Go and nothing else that they cannot install or do without.

export CGO_ENABLED ?= 1
GOLANGCI := v2.15.0

.PHONY: demo build test bench soak lint generate clean

# FLAGS='--listen 127.0.0.1:9000 --data DIR' are handed on.
demo:
	@go build -o bin/chancery ./cmd/chancery && exec bin/chancery demo $(FLAGS)

build:
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/chancery ./cmd/chancery

# Everything a change must pass, within 8 minutes on two cores.
test:
	@.ci/test

# The figures that the project promises, on this machine, in a house of CHANCERY_BENCH_MESSAGES messages.
bench: export CHANCERY_BENCH_MESSAGES ?= 300000
bench:
	go test -run '^$$' -bench . -benchtime 2s -timeout 40m ./...

# The long runs: whole corpora, hundreds of kills, planted faults.
soak:
	CHANCERY_SOAK=1 go test -timeout 4h -count=1 ./...

lint:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo 'gofmt would change:'; gofmt -l $$(git ls-files '*.go'); exit 1; }
	go vet ./...
	GOBIN=$(CURDIR)/.tools go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI)
	.tools/golangci-lint run ./...

# Pages from their templates; a clean tree must stay clean.
generate:
	go run github.com/a-h/templ/cmd/templ@$$(go list -m -f '{{.Version}}' github.com/a-h/templ) generate
	go generate ./...

clean:
	rm -rf bin .tools web/browser/node_modules web/browser/test-results web/browser/playwright-report
