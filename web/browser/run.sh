#!/bin/sh
# Runs the browser tests: installs what is missing, and says loudly what it cannot. Exit 0: all passed. Exit 1: a test failed.
# Exit 3: they could not be run here. CHROMIUM and CHANCERY name another browser and a program built already; CHANCERY_TRACE=1 keeps the steps of a
# test that failed, CHANCERY_PICTURES=DIR a picture of every page.
set -u
cd "$(dirname "$0")" || exit 3

cannot() {
	echo "BROWSER TESTS NOT RUN: $1" >&2
	exit 3
}

# The shell without windows does everything that is looked at here in half the time of the whole browser, which serves where it cannot be had.
shell=/usr/bin/chromium-headless-shell
if [ -z "${CHROMIUM:-}" ]; then
	CHROMIUM=/usr/bin/chromium
	if [ ! -x "$shell" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		apt-get update -qq
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium-headless-shell >/dev/null ||
			[ -x "$CHROMIUM" ] || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null
	fi
	[ ! -x "$shell" ] || CHROMIUM=$shell
fi
[ -x "$CHROMIUM" ] || cannot "there is no Chromium at $CHROMIUM, and Debian's could not be installed"
export CHROMIUM
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
	[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || cannot "there is no Node.js and no way to install it"
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq nodejs npm >/dev/null || cannot "Node.js could not be installed"
fi
command -v go >/dev/null || [ -n "${CHANCERY:-}" ] || cannot "there is no Go to build the program with"
if [ ! -d node_modules/@playwright/test ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
	PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-audit --no-fund --silent || cannot "the npm packages could not be installed"
fi
exec node_modules/.bin/playwright test "$@"
