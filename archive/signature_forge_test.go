package archive_test

import (
	"bytes"
	"context"
	"encoding/asn1"
	"os"
	"slices"
	"testing"

	"chancery/archive"
)

// foreignHouse is another house, with keys of its own.
func foreignHouse(tb testing.TB) *archive.Sealery {
	tb.Helper()
	config := sealeryConfig(openKeys(tb))
	config.Random = nil
	sealery, err := archive.FoundSealery(context.Background(), config)
	if err != nil {
		tb.Fatal(err)
	}
	return sealery
}

func stampedBytes(tb testing.TB, p7s []byte) []byte {
	tb.Helper()
	value, err := archive.StampedBytes(p7s)
	if err != nil {
		tb.Fatal(err)
	}
	return value
}

func tokenOf(tb testing.TB, p7s []byte) []byte {
	tb.Helper()
	token, err := archive.Token(p7s)
	if err != nil {
		tb.Fatal(err)
	}
	return token
}

func read(tb testing.TB, path string) []byte {
	tb.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return content
}

// flip changes one bit of the n-th byte of the part of der that equals part.
func flip(der, part []byte, n int) []byte {
	changed := slices.Clone(der)
	changed[bytes.Index(der, part)+n] ^= 1
	return changed
}

// swap replaces the first occurrence of a text by another of the same length.
func swap(tb testing.TB, der []byte, old, new string) []byte {
	tb.Helper()
	if len(old) != len(new) || !bytes.Contains(der, []byte(old)) {
		tb.Fatalf("cannot put %q in place of %q", new, old)
	}
	return bytes.Replace(der, []byte(old), []byte(new), 1)
}

// retoken replaces the time-stamp token by another of any length and writes the lengths around it anew.
func retoken(tb testing.TB, p7s, old, new []byte) []byte {
	tb.Helper()
	return replaceElement(tb, p7s, old, new)
}

// replaceElement walks down the constructed elements to the one that equals old and writes everything around it anew.
func replaceElement(tb testing.TB, der, old, new []byte) []byte {
	tb.Helper()
	if bytes.Equal(der, old) {
		return new
	}
	var whole asn1.RawValue
	if rest, err := asn1.Unmarshal(der, &whole); err != nil || len(rest) > 0 {
		tb.Fatalf("walk DER: %v", err)
	}
	if !whole.IsCompound || !bytes.Contains(whole.Bytes, old) {
		return der
	}
	var inside []byte
	for rest := whole.Bytes; len(rest) > 0; {
		var next asn1.RawValue
		after, err := asn1.Unmarshal(rest, &next)
		if err != nil {
			tb.Fatalf("walk DER: %v", err)
		}
		inside = append(inside, replaceElement(tb, next.FullBytes, old, new)...)
		rest = after
	}
	written, err := asn1.Marshal(asn1.RawValue{Class: whole.Class, Tag: whole.Tag, IsCompound: true, Bytes: inside})
	if err != nil {
		tb.Fatal(err)
	}
	return written
}
