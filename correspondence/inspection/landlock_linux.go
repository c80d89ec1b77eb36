package inspection

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// fsAccess is every right over files that the kernel's version of Landlock knows; what is not allowed of them is refused.
func fsAccess(version int) uint64 {
	rights := uint64(unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR |
		unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE | unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_DIR |
		unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_SOCK | unix.LANDLOCK_ACCESS_FS_MAKE_FIFO | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK |
		unix.LANDLOCK_ACCESS_FS_MAKE_SYM)
	if version >= 2 {
		rights |= unix.LANDLOCK_ACCESS_FS_REFER
	}
	if version >= 3 {
		rights |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	return rights
}

func newRules(rules *unix.LandlockRulesetAttr) (int, error) {
	size := unsafe.Sizeof(rules.Handled_access_fs)
	if rules.Handled_access_net != 0 {
		size += unsafe.Sizeof(rules.Handled_access_net)
	}
	set, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(rules)), size, 0) //nolint:gosec // the kernel's own interface
	if errno != 0 {
		return 0, fmt.Errorf("make rules of the fence: %w", errno)
	}
	return int(set), nil
}

// allow lets the program do something beneath an open folder, or with an open file.
func allow(set, place int, rights uint64) error {
	rule := unix.LandlockPathBeneathAttr{Allowed_access: rights, Parent_fd: int32(place)}
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(set), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0) //nolint:gosec // the kernel's own interface
	if errno != 0 {
		return fmt.Errorf("make a rule of the fence: %w", errno)
	}
	return nil
}
