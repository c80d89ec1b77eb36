package correspondence

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"chancery/archive"
	"chancery/habilitation"
)

// TestGoldenRecords keeps what the archive holds readable for ever: the payload of every kind of entry that this package writes, at every
// version, is read from a file and written again to the same bytes. CHANCERY_GOLDEN=write adds a new version; an old file is never changed.
func TestGoldenRecords(t *testing.T) {
	for _, s := range specimens() {
		kind := kindReleased
		if s.message.Provenance != nil {
			kind = kindImported
		}
		t.Run(s.name, func(t *testing.T) {
			d := &Dispatch{record: newRecord(&s.message, s.allotted, []distributed{{Audience: 5, Tag: 1}}), ID: s.message.ID, Original: s.original(), P7S: []byte("a signature")}
			payload, err := d.encode()
			if err != nil {
				t.Fatal(err)
			}
			want := golden(t, filepath.Join("testdata", "records", kind+".1."+s.name), payload)
			read, err := decodeDispatch(archive.Entry{Header: archive.Header{ID: d.ID, Kind: kind, Version: 1}, Payload: want})
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(read, d) {
				t.Errorf("read as %+v\nwant    %+v", read, d)
			}
			if again, err := read.encode(); err != nil || !bytes.Equal(again, want) {
				t.Errorf("written again differs: %v", err)
			}
		})
	}
	t.Run(kindOpened, func(t *testing.T) {
		payload, err := encodeReading(reading{Message: specimenID(1), Terminal: specimenID(2), Session: specimenID(3), How: "page"})
		if err != nil {
			t.Fatal(err)
		}
		golden(t, filepath.Join("testdata", "records", kindOpened+".1"), payload)
	})
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
	d := &Dispatch{record: newRecord(&s.message, s.allotted, nil), ID: s.message.ID, Original: s.original()}
	payload, err := d.encode()
	if err != nil {
		t.Fatal(err)
	}
	entry := archive.Entry{Header: archive.Header{ID: d.ID, Kind: kindReleased, Level: habilitation.Unprotected, Version: 2}, Payload: payload}
	if _, err := decodeDispatch(entry); err == nil {
		t.Error("a record of version 2 was read")
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
