package inspection

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// apart starts a child in a group of its own that dies with this process.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// killGroup kills a child and whatever it started.
func killGroup(process *os.Process) error { return syscall.Kill(-process.Pid, syscall.SIGKILL) }

// confine sets the limits of this process; nothing of the file has been read before.
func confine(l limits) error {
	taken, err := addressSpace()
	if err != nil {
		return err
	}
	debug.SetMemoryLimit(int64(l.memory) * 3 / 4)
	if err := unix.Setpriority(unix.PRIO_PGRP, 0, l.nice); l.nice > 0 && err != nil { // of every thread there is
		return fmt.Errorf("stand back: %w", err)
	}
	return limit(l, taken+l.memory)
}

// addressSpace is how much of it the process takes, in bytes.
func addressSpace() (uint64, error) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	pages, err := strconv.ParseUint(string(bytes.Fields(text)[0]), 10, 64)
	return pages * uint64(os.Getpagesize()), err
}

func limit(l limits, memory uint64) error {
	for _, one := range []struct {
		resource int
		value    uint64
	}{{unix.RLIMIT_CORE, 0}, {unix.RLIMIT_CPU, l.seconds}, {unix.RLIMIT_FSIZE, l.written}, {unix.RLIMIT_NOFILE, l.files}, {unix.RLIMIT_AS, memory}} {
		if err := unix.Setrlimit(one.resource, &unix.Rlimit{Cur: one.value, Max: one.value}); err != nil {
			return fmt.Errorf("set limit %d: %w", one.resource, err)
		}
	}
	return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
}

// become turns this process into another program within the limits. It returns only when that cannot be done.
func become(program string, arguments []string, l limits) error {
	runtime.LockOSThread() // the thread that is confined is the one that becomes the program
	if err := limit(l, l.memory); err != nil {
		return err
	}
	if err := fence(); err != nil {
		return err
	}
	return unix.Exec(program, arguments, []string{})
}

// fence keeps the program from every file but the one it is to read and what programs need to run, and from the network, where the kernel
// has Landlock (landlock(7)); where it has not, the limits stand alone.
func fence() error {
	version, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return nil
	}
	rules := unix.LandlockRulesetAttr{Handled_access_fs: fsAccess(int(version))}
	if version >= 4 {
		rules.Handled_access_net = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	}
	set, err := newRules(&rules)
	if err != nil {
		return err
	}
	reading := uint64(unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR | unix.LANDLOCK_ACCESS_FS_EXECUTE)
	for _, place := range []string{"/usr", "/lib", "/lib64", "/etc", "/var/cache/fontconfig"} {
		folder, err := unix.Open(place, unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != nil {
			continue // not every system has each
		}
		if err := allow(set, folder, reading); err != nil {
			return err
		}
	}
	if err := allow(set, fdInput, unix.LANDLOCK_ACCESS_FS_READ_FILE); err != nil {
		return err
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, uintptr(set), 0, 0); errno != 0 {
		return fmt.Errorf("fence: %w", errno)
	}
	return nil
}
