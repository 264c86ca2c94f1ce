# One line per target; what is longer than a line is a script in .ci/.
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

.DEFAULT_GOAL := build
.PHONY: build test test-kubernetes lint generate fuzz oracle deps dist clean

build: ## the static binary bin/pullpath
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/pullpath ./cmd/pullpath

test: ## everything; names at the end what this machine could not run
	bash .ci/test

test-kubernetes: ## the files for Kubernetes in a cluster of three nodes; root, and the first time a quarter of an hour
	bash .ci/kubernetes

lint: ## golangci-lint as pinned in tools/go.mod
	go tool -modfile=tools/go.mod golangci-lint run ./...

generate: ## whatever is made from the sources
	go generate ./...

fuzz: ## each fuzz target for FUZZTIME (10s)
	bash .ci/fuzz

oracle: ## a check against its client's library, in WORLDS (20000) Worlds made at random
	WORLDS=$(or $(WORLDS),20000) go test -C internal/oracle -timeout 24h -v -run TestChecksAgreeWithTheirClients \
		-tags containers_image_openpgp,exclude_graphdriver_btrfs,exclude_graphdriver_devicemapper .

deps: ## installs the Debian packages that the tests against real daemons need (root)
	bash .ci/deps

dist: ## what is given out: six binaries, checksums, bills of materials, deb and rpm
	bash .ci/dist

clean:
	rm -rf bin dist
