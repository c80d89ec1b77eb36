package inspection

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// entry is one file of an archive as its central directory has it (APPNOTE.TXT 6.3.10 §4.3.12).
type entry struct {
	name       string
	flags      uint16
	method     uint16
	packed     int64
	unpacked   int64 // as announced; it is counted again while reading
	mode       uint32
	unix       bool
	header     int64 // where its local header stands
	begin, end int64 // where its packed bytes stand
}

// What is wrong with an archive, as message keys.
var (
	errBroken     = errors.New("archive-broken")
	errBomb       = errors.New("archive-bomb")
	errTooMany    = errors.New("archive-too-many")
	errOverlap    = errors.New("archive-overlap")
	errDuplicate  = errors.New("archive-duplicate")
	errLink       = errors.New("archive-link")
	errEncrypted  = errors.New("archive-encrypted")
	errMethod     = errors.New("archive-method")
	errTooDeep    = errors.New("archive-too-deep")
	errOutside    = errors.New("archive-outside")
	errNotInside  = errors.New("archive-inside")
	errExecutable = errors.New("executable")
)

// The records of a ZIP file.
const (
	endSignature     = 0x06054b50
	end64Locator     = 0x07064b50
	end64Signature   = 0x06064b50
	centralSignature = 0x02014b50
	localSignature   = 0x04034b50
	endSize          = 22
	centralSize      = 46
	localSize        = 30
	maxComment       = 1<<16 - 1
	full16, full32   = 1<<16 - 1, 1<<32 - 1
	methodStored     = 0
	methodDeflated   = 8
	flagEncrypted    = 1 << 0
	modeTypeMask     = 0xF000
	modeFolder       = 0x4000
	modeFile         = 0x8000
	madeByUnix       = 3 // upper byte of "version made by"
)

// readDirectory reads the whole central directory, which is bounded before it is read. It takes what every reader takes alike and nothing else:
// no bytes before the first entry, none between the directory and its end.
func readDirectory(file io.ReaderAt, size int64) ([]entry, error) {
	at, length, count, err := findDirectory(file, size)
	if err != nil {
		return nil, err
	}
	if count > maxEntries {
		return nil, errTooMany
	}
	if length > maxDirectory || at < 0 || at+length > size {
		return nil, errBroken
	}
	directory := make([]byte, length)
	if _, err := file.ReadAt(directory, at); err != nil {
		return nil, errBroken
	}
	var entries []entry
	for len(directory) > 0 {
		if len(entries) == maxEntries {
			return nil, errTooMany
		}
		one, rest, err := readCentral(directory)
		if err != nil {
			return nil, err
		}
		if err := one.locate(file, at); err != nil {
			return nil, err
		}
		entries, directory = append(entries, one), rest
	}
	if int64(len(entries)) != count {
		return nil, errBroken
	}
	return entries, apartFromEachOther(entries)
}

// findDirectory reads the end record, and the one for large archives where the end record says so.
func findDirectory(file io.ReaderAt, size int64) (at, length, count int64, err error) {
	tail := make([]byte, min(size, endSize+maxComment))
	if _, err := file.ReadAt(tail, size-int64(len(tail))); err != nil || len(tail) < endSize {
		return 0, 0, 0, errBroken
	}
	place := -1
	for i := len(tail) - endSize; i >= 0; i-- {
		if binary.LittleEndian.Uint32(tail[i:]) == endSignature && i+endSize+int(binary.LittleEndian.Uint16(tail[i+20:])) == len(tail) {
			place = i
			break
		}
	}
	if place < 0 {
		return 0, 0, 0, errBroken
	}
	end := tail[place:]
	begins := size - int64(len(tail)) + int64(place)
	count = int64(binary.LittleEndian.Uint16(end[10:]))
	length, at = int64(binary.LittleEndian.Uint32(end[12:])), int64(binary.LittleEndian.Uint32(end[16:]))
	if count == full16 || length == full32 || at == full32 {
		return findLargeDirectory(file, begins)
	}
	if at+length != begins {
		return 0, 0, 0, errBroken
	}
	return at, length, count, nil
}

// findLargeDirectory reads the ZIP64 end record that stands before the end record.
func findLargeDirectory(file io.ReaderAt, end int64) (at, length, count int64, err error) {
	var locator [20]byte
	var record [56]byte
	if _, err := file.ReadAt(locator[:], end-20); err != nil || binary.LittleEndian.Uint32(locator[:]) != end64Locator {
		return 0, 0, 0, errBroken
	}
	place := int64(binary.LittleEndian.Uint64(locator[8:]))
	if place < 0 || place > end-20-int64(len(record)) {
		return 0, 0, 0, errBroken
	}
	if _, err := file.ReadAt(record[:], place); err != nil || binary.LittleEndian.Uint32(record[:]) != end64Signature {
		return 0, 0, 0, errBroken
	}
	count = int64(binary.LittleEndian.Uint64(record[32:]))
	length, at = int64(binary.LittleEndian.Uint64(record[40:])), int64(binary.LittleEndian.Uint64(record[48:]))
	if count < 0 || length < 0 || at < 0 || at+length != place {
		return 0, 0, 0, errBroken
	}
	return at, length, count, nil
}

// readCentral cuts one header off the central directory.
func readCentral(b []byte) (e entry, rest []byte, err error) {
	if len(b) < centralSize || binary.LittleEndian.Uint32(b) != centralSignature {
		return e, nil, errBroken
	}
	names, extras, comments := int(binary.LittleEndian.Uint16(b[28:])), int(binary.LittleEndian.Uint16(b[30:])), int(binary.LittleEndian.Uint16(b[32:]))
	if len(b) < centralSize+names+extras+comments {
		return e, nil, errBroken
	}
	e = entry{name: string(b[centralSize : centralSize+names]), flags: binary.LittleEndian.Uint16(b[8:]), method: binary.LittleEndian.Uint16(b[10:]),
		packed: int64(binary.LittleEndian.Uint32(b[20:])), unpacked: int64(binary.LittleEndian.Uint32(b[24:])),
		mode: binary.LittleEndian.Uint32(b[38:]) >> 16, unix: b[5] == madeByUnix, header: int64(binary.LittleEndian.Uint32(b[42:]))}
	if err := e.enlarge(b[centralSize+names : centralSize+names+extras]); err != nil {
		return e, nil, err
	}
	return e, b[centralSize+names+extras+comments:], e.check()
}

// enlarge takes the sizes that do not fit into 32 bits from the ZIP64 field, in the order of APPNOTE.TXT §4.5.3.
func (e *entry) enlarge(extra []byte) error {
	for len(extra) >= 4 {
		id, length := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if len(extra) < 4+length {
			return errBroken
		}
		field := extra[4 : 4+length]
		extra = extra[4+length:]
		if id != 1 {
			continue
		}
		for _, value := range []*int64{&e.unpacked, &e.packed, &e.header} {
			if *value != full32 {
				continue
			}
			if len(field) < 8 {
				return errBroken
			}
			*value, field = int64(binary.LittleEndian.Uint64(field)), field[8:]
		}
	}
	return nil
}

// check refuses what no archive of documents needs, and what cannot be looked into.
func (e *entry) check() error {
	kind := e.mode & modeTypeMask
	switch {
	case e.packed < 0 || e.unpacked < 0 || e.header < 0:
		return errBroken
	case e.flags&flagEncrypted != 0:
		return fmt.Errorf("%w: %s", errEncrypted, e.name)
	case e.method != methodStored && e.method != methodDeflated:
		return fmt.Errorf("%w: %s", errMethod, e.name)
	case e.unix && kind != 0 && kind != modeFile && kind != modeFolder:
		return fmt.Errorf("%w: %s", errLink, e.name)
	case e.name == "" || strings.ContainsRune(e.name, 0):
		return errBroken
	case !staysInside(e.name):
		return fmt.Errorf("%w: %s", errOutside, e.name)
	case e.method == methodStored && e.packed != e.unpacked:
		return errBroken
	}
	return nil
}

// staysInside reports a name that no program can take for a place outside of the folder into which it unpacks, on whatever system: APPNOTE.TXT §4.4.17
// wants no drive, no leading slash and no backslash.
func staysInside(name string) bool {
	return !strings.Contains(name, `\`) && filepath.IsLocal(name) && !(len(name) > 1 && name[1] == ':')
}

// locate reads the local header, which must tell the same name as the directory: readers differ in which of the two they believe.
func (e *entry) locate(file io.ReaderAt, directory int64) error {
	var local [localSize]byte
	if _, err := file.ReadAt(local[:], e.header); err != nil || binary.LittleEndian.Uint32(local[:]) != localSignature {
		return errBroken
	}
	names, extras := int64(binary.LittleEndian.Uint16(local[26:])), int64(binary.LittleEndian.Uint16(local[28:]))
	name := make([]byte, names)
	if _, err := file.ReadAt(name, e.header+localSize); err != nil || string(name) != e.name {
		return errBroken
	}
	if binary.LittleEndian.Uint16(local[8:]) != e.method {
		return errBroken
	}
	e.begin = e.header + localSize + names + extras
	e.end = e.begin + e.packed
	if e.end > directory || e.end < e.begin {
		return errBroken
	}
	return nil
}

// apartFromEachOther refuses entries that share bytes or a name.
func apartFromEachOther(entries []entry) error {
	names := make(map[string]bool, len(entries))
	for _, e := range entries {
		folded := strings.ToLower(strings.TrimSuffix(strings.ReplaceAll(e.name, `\`, "/"), "/"))
		if names[folded] {
			return fmt.Errorf("%w: %s", errDuplicate, e.name)
		}
		names[folded] = true
	}
	byPlace := slices.Clone(entries)
	slices.SortFunc(byPlace, func(a, b entry) int { return int(min(1, max(-1, a.header-b.header))) })
	reached := int64(0)
	for _, e := range byPlace {
		if e.header < reached {
			return fmt.Errorf("%w: %s", errOverlap, e.name)
		}
		reached = e.end
	}
	if len(byPlace) > 0 && byPlace[0].header != 0 {
		return errBroken
	}
	return nil
}
