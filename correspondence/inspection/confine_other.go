//go:build !linux

package inspection

import (
	"errors"
	"os"
	"syscall"
)

// errNoLimits is why nothing that needs a parser is taken on a system whose limits this program does not know how to set.
var errNoLimits = errors.New("no limits for a child on this system")

func apart() *syscall.SysProcAttr { return nil }

func killGroup(process *os.Process) error { return process.Kill() }

func confine(limits) error { return errNoLimits }

func become(string, []string, limits) error { return errNoLimits }
