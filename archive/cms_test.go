package archive

import (
	"bytes"
	"encoding/asn1"
	"testing"
	"time"
)

// TestObjectIdentifiers compares each identifier with its dotted form.
func TestObjectIdentifiers(t *testing.T) {
	for oid, dotted := range map[objectIdentifier]asn1.ObjectIdentifier{
		oidData:               {1, 2, 840, 113549, 1, 7, 1},
		oidSignedData:         {1, 2, 840, 113549, 1, 7, 2},
		oidContentType:        {1, 2, 840, 113549, 1, 9, 3},
		oidMessageDigest:      {1, 2, 840, 113549, 1, 9, 4},
		oidSigningTime:        {1, 2, 840, 113549, 1, 9, 5},
		oidTimestampInfo:      {1, 2, 840, 113549, 1, 9, 16, 1, 4},
		oidSecurityLabel:      {1, 2, 840, 113549, 1, 9, 16, 2, 2},
		oidSignatureTimestamp: {1, 2, 840, 113549, 1, 9, 16, 2, 14},
		oidSigningCertificate: {1, 2, 840, 113549, 1, 9, 16, 2, 47},
		oidSHA256:             {2, 16, 840, 1, 101, 3, 4, 2, 1},
		oidSHA512:             {2, 16, 840, 1, 101, 3, 4, 2, 3},
		oidECDSAWithSHA256:    {1, 2, 840, 10045, 4, 3, 2},
	} {
		want, err := asn1.Marshal(dotted)
		if err != nil || !bytes.Equal(object(oid), want) {
			t.Errorf("%v is written %x, want %x", dotted, object(oid), want)
		}
	}
}

// TestElementLengths: every form of length is the one encoding/asn1 reads.
func TestElementLengths(t *testing.T) {
	for _, size := range []int{0, 1, 127, 128, 255, 256, 65_535, 65_536} {
		var back []byte
		rest, err := asn1.Unmarshal(element(tagOctetString, make([]byte, size)), &back)
		if err != nil || len(rest) != 0 || len(back) != size {
			t.Errorf("%d bytes: read %d, %d over, %v", size, len(back), len(rest), err)
		}
	}
}

// TestTimesReadBack: what is written is read back, across the change from UTCTime to GeneralizedTime.
func TestTimesReadBack(t *testing.T) {
	for _, at := range []time.Time{
		time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC),
		time.Date(2049, 12, 31, 23, 59, 59, 0, time.UTC),
		time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2068, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		var fault error
		values := newReader(signingTime(at), &fault).enter(tagSequence, "attribute")
		values.object("type")
		back, err := readSigningTime(values.contents(tagSet, "values"))
		if err != nil || fault != nil || !back.Equal(at) {
			t.Errorf("signing time %v read back %v, %v, %v", at, back, err, fault)
		}
	}
	for _, nanoseconds := range []int{0, 1000, 500_000_000, 999_999_000} {
		at := time.Date(2026, 2, 28, 12, 0, 0, nanoseconds, time.UTC)
		back, err := readGeneralizedTime(string(generalizedTime(at)))
		if err != nil || !back.Equal(at) {
			t.Errorf("token time %v read back %v, %v", at, back, err)
		}
	}
	for _, text := range []string{"", "20260228120000", "20260228120000.0Z", "20260228120000.50Z", "20260228120000,5Z", "20260228120000+0000", "20260230120000Z", "2026022812000Z"} {
		if at, err := readGeneralizedTime(text); err == nil {
			t.Errorf("token time %q read as %v", text, at)
		}
	}
}

// FuzzReadSignedData: no bytes make the readers panic, and what is read is within what was given.
func FuzzReadSignedData(f *testing.F) {
	for _, seed := range []string{"", "\x30\x00", "\x1f\x80", "\x30\x81", "\x30\x80\x00\x00", "\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"} {
		f.Add([]byte(seed))
	}
	f.Add(element(tagSequence, object(oidSignedData), element(tagContext0, element(tagSequence, smallInteger(1),
		element(tagSet, algorithm(oidSHA256)), element(tagSequence, object(oidData)),
		element(tagSet, element(tagSequence, smallInteger(1), element(tagSequence, element(tagSequence), smallInteger(1)), algorithm(oidSHA256),
			element(tagContext0, attribute(oidContentType, object(oidData))), algorithm(oidECDSAWithSHA256), element(tagOctetString, []byte{1}),
			element(tagContext1, attribute(oidSignatureTimestamp, element(tagSequence)))))))))
	f.Fuzz(func(t *testing.T, der []byte) {
		verdict, err := VerifyDetached(der, nil, nil)
		if verdict.Valid || len(verdict.Reasons) == 0 {
			t.Errorf("valid without roots: %+v, %v", verdict, err)
		}
		if _, err := readTimestampInfo(der); err == nil && len(der) < 40 {
			t.Errorf("token read from %d bytes", len(der))
		}
		_, _ = readSigningTime(der)
		_, _ = readSecurityLabel(der)
		_, _ = StampedBytes(der)
		_, _ = Token(der)
	})
}
