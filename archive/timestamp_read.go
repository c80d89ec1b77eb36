package archive

import (
	"fmt"
	"strings"
	"time"
)

// timestampInfo is what a token states: that the bytes whose SHA-512 is imprint existed at a time.
type timestampInfo struct {
	imprint []byte
	serial  []byte // contents of the INTEGER
	at      time.Time
}

// readTimestampInfo reads a TSTInfo (RFC 3161 §2.4.2) whose imprint is SHA-512. Accuracy, ordering, nonce, name and extensions may
// follow in their order and are covered by the token's signature; nothing here depends on them.
func readTimestampInfo(der []byte) (timestampInfo, error) {
	var fault error
	outer := newReader(der, &fault)
	info := outer.enter(tagSequence, "TSTInfo")
	outer.end("TSTInfo")
	if version := info.integer("version"); len(version) != 1 || version[0] != 1 {
		info.refuse("version")
	}
	info.object("time-stamp policy")
	imprint := info.enter(tagSequence, "message imprint")
	if imprint.algorithm("imprint algorithm") != oidSHA512 {
		imprint.refuse("imprint algorithm")
	}
	read := timestampInfo{imprint: imprint.contents(tagOctetString, "imprint")}
	imprint.end("message imprint")
	read.serial = info.integer("token serial")
	text := string(info.contents(tagGeneralizedTime, "token time"))
	for info.more() {
		info.any("rest of TSTInfo")
	}
	if fault != nil {
		return timestampInfo{}, fault
	}
	at, err := readGeneralizedTime(text)
	if err != nil {
		return timestampInfo{}, err
	}
	read.at = at
	return read, nil
}

// readGeneralizedTime reads a DER GeneralizedTime of RFC 3161: UTC, a fraction without trailing zeros or none.
func readGeneralizedTime(text string) (time.Time, error) {
	at, err := time.Parse("20060102150405Z", text) // the parser takes a fraction of any length after the seconds
	if err != nil || at.Format("20060102150405.999999999Z") != text || strings.Contains(text, ",") {
		return time.Time{}, fmt.Errorf("read token time %q: %w", text, ErrDamaged)
	}
	return at, nil
}
