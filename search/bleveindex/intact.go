package bleveindex

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"github.com/blevesearch/bleve/v2/index/scorch"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// intact reads every segment file through and compares it with the checksum at its end, which the engine writes and never looks at: a bit that turned
// on the disk would otherwise answer questions wrongly for ever. It costs about a second a gigabyte, once, and leaves the files in the system's cache.
func intact(snapshot *scorch.IndexSnapshot) error {
	for _, one := range snapshot.Segments() {
		file, onDisk := one.Segment().(segment.PersistedSegment)
		if !onDisk {
			continue
		}
		if err := intactFile(file.Path()); err != nil {
			return err
		}
	}
	return nil
}

// intactFile compares the CRC-32 (IEEE, big-endian) in the last 4 bytes with all that precedes them.
func intactFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("check segment: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("check segment: %w", err)
	}
	sum := crc32.NewIEEE()
	if _, err := io.CopyN(sum, f, max(info.Size()-crc32.Size, 0)); err != nil {
		return fmt.Errorf("check segment: %w", err)
	}
	var written [crc32.Size]byte
	if _, err := io.ReadFull(f, written[:]); err != nil || binary.BigEndian.Uint32(written[:]) != sum.Sum32() {
		return fmt.Errorf("check segment: %w: its checksum is another", errUnusable)
	}
	return nil
}
