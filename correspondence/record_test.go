package correspondence

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"chancery/archive"
	"chancery/habilitation"
)

// TestGoldenRecords keeps what the archive holds readable for ever: the payload of every kind of entry that this package writes, at every
// version, is read from a file and written again to the same bytes. CHANCERY_GOLDEN=write adds a new version; an old file is never changed.
func TestGoldenRecords(t *testing.T) {
	for _, s := range specimens() {
		t.Run(s.name, func(t *testing.T) {
			d := s.dispatch()
			payload, err := d.encode()
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.Join("testdata", "records", fmt.Sprintf("%s.%d.%s", s.kind(), recordVersion, s.name))
			checkRecord(t, recordVersion, golden(t, name, payload), d)
			if !s.old {
				return
			}
			name = filepath.Join("testdata", "records", fmt.Sprintf("%s.1.%s", s.kind(), s.name))
			d.Original = read(t, s.pathOf(1))
			checkRecord(t, 1, read(t, name), d)
		})
	}
	t.Run(kindOpened, func(t *testing.T) {
		payload, err := encodeReading(reading{Message: specimenID(1), Terminal: specimenID(2), Session: specimenID(3), How: "page"})
		if err != nil {
			t.Fatal(err)
		}
		golden(t, filepath.Join("testdata", "records", kindOpened+".1"), payload)
	})
	t.Run(kindDenied, func(t *testing.T) {
		payload, err := json.Marshal(Denial{What: "GET /messages/:id", Reason: "unknown", Subject: specimenID(1), Address: "192.0.2.7", Terminal: specimenID(2),
			Session: specimenID(3), Again: 12, Since: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		golden(t, filepath.Join("testdata", "records", kindDenied+".1"), payload)
	})
}

// TestRecordsOfEveryVersionStayReadable reads every payload that was ever kept, and writes it again to the same bytes.
func TestRecordsOfEveryVersionStayReadable(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "records", "message.*.*.good_*"))
	if err != nil || len(files) < 11 {
		t.Fatalf("%d records, %v", len(files), err)
	}
	for _, file := range files {
		parts := strings.Split(filepath.Base(file), ".")
		version, err := strconv.ParseUint(parts[2], 10, 8)
		if err != nil {
			t.Fatal(err)
		}
		payload := read(t, file)
		d, err := decodeDispatch(archive.Entry{Header: archive.Header{Version: uint8(version)}, Payload: payload})
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if again, err := d.encode(); err != nil || !bytes.Equal(again, payload) {
			t.Errorf("%s written again differs: %v", file, err)
		}
		if _, err := parseOriginal(d.Original); err != nil {
			t.Errorf("%s: original: %v", file, err)
		}
	}
}

func (s specimen) kind() string {
	if s.message.Provenance != nil {
		return kindImported
	}
	return kindReleased
}

func (s specimen) dispatch() *Dispatch {
	return &Dispatch{record: newRecord(&s.message, s.allotted, s.outcome()), ID: s.message.ID, Original: s.original(), P7S: []byte("a signature")}
}

// checkRecord reads a payload of a version and writes it again.
func checkRecord(t *testing.T, version uint8, payload []byte, want *Dispatch) {
	t.Helper()
	got, err := decodeDispatch(archive.Entry{Header: archive.Header{ID: want.ID, Version: version}, Payload: payload})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("version %d read as %+v\nwant    %+v", version, got, want)
	}
	if again, err := got.encode(); err != nil || !bytes.Equal(again, payload) {
		t.Errorf("version %d written again differs: %v", version, err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// golden compares with a file, or writes it.
func golden(t *testing.T, path string, got []byte) []byte {
	t.Helper()
	if os.Getenv("CHANCERY_GOLDEN") == "write" {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("differs from %s", path)
	}
	return want
}

func TestRecordOfAnotherVersionIsRefused(t *testing.T) {
	s := plainNote()
	d := &Dispatch{record: newRecord(&s.message, s.allotted, Outcome{}), ID: s.message.ID, Original: s.original()}
	payload, err := d.encode()
	if err != nil {
		t.Fatal(err)
	}
	entry := archive.Entry{Header: archive.Header{ID: d.ID, Kind: kindReleased, Level: habilitation.Unprotected, Version: recordVersion + 1}, Payload: payload}
	if _, err := decodeDispatch(entry); err == nil {
		t.Error("a record of a later version was read")
	}
	entry.Version = 0
	if _, err := decodeDispatch(entry); err == nil {
		t.Error("a record of no version was read")
	}
	entry.Version, entry.Payload = 1, bytes.Replace(payload, []byte(`"kind"`), []byte(`"kinz"`), 1)
	if _, err := decodeDispatch(entry); err == nil {
		t.Error("a record with an unknown field was read")
	}
}

func FuzzDecodeDispatch(f *testing.F) {
	f.Add([]byte{0, 0, 0, 2, '{', '}', 0, 0, 0, 0})
	f.Add([]byte{0, 0, 0, 9})
	f.Fuzz(func(t *testing.T, payload []byte) {
		d, err := decodeDispatch(archive.Entry{Header: archive.Header{Version: 1}, Payload: payload})
		if err != nil {
			return
		}
		if _, err := d.encode(); err != nil {
			t.Errorf("what was read does not write: %v", err)
		}
	})
}
