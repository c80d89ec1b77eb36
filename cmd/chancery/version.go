package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// release is the version of the program; a build sets it with -ldflags "-X main.release=1.2.3".
var release = "0.1.0"

// versionCommand prints the version.
type versionCommand struct{}

// Run prints the version, and for a program what it was built from.
func (versionCommand) Run(s *session) error {
	if s.json {
		return s.answer(struct {
			Version  string `json:"version"`
			Revision string `json:"revision,omitempty"`
			Go       string `json:"go"`
		}{release, revision(), runtime.Version()})
	}
	_, err := fmt.Fprintf(s.out, "chancery %s\n", release)
	return err
}

// revision is the commit the program was built from, "" when the build does not say.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return setting.Value
		}
	}
	return ""
}
