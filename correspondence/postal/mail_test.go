package postal_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"chancery/correspondence/postal"
)

// crlf writes a mail as it goes over a line.
func crlf(text string) []byte { return []byte(strings.ReplaceAll(text, "\n", "\r\n")) }

func TestMailIsReadWhateverIsWrongWithIt(t *testing.T) {
	const head = "From: =?utf-8?q?Am=C3=A9lie_No=C3=ABl?= <a.noel@example.org>\nTo: \"Direction, Afrique\" <dam@essai.example>, b@essai.example\n" +
		"Subject: =?iso-8859-1?q?R=E9union?= =?utf-8?b?IMOgIA==?= =?utf-8?b?w4g=?= demain\nDate: Tue, 3 Nov 2026 10:11:12 +0100\nMessage-ID: <one@example.org>\n" +
		"In-Reply-To: <zero@essai.example>\nReferences: <minus@essai.example>\n <zero@essai.example>\n"
	for name, c := range map[string]struct {
		raw   []byte
		text  string
		files []string
		flaws []postal.Flaw
	}{
		"plain":        {raw: crlf(head + "\nBonjour.\n"), text: "Bonjour."},
		"bare lf":      {raw: []byte(head + "\nBonjour.\n\n"), text: "Bonjour."},
		"bare cr":      {raw: []byte(strings.ReplaceAll(head+"\nBonjour.\n", "\n", "\r")), text: "Bonjour."},
		"mbox line":    {raw: crlf("From a.noel@example.org Tue Nov  3 10:11:12 2026\n" + head + "\nBonjour."), text: "Bonjour."},
		"rubbish line": {raw: crlf("From: x <a.noel@example.org>\n"[:0] + head + "this is no field\nX-More: y\n\nBonjour."), text: "Bonjour.", flaws: []postal.Flaw{postal.BrokenHeader}},
		"no separator": {raw: crlf(head + "Bonjour.\nÀ demain."), text: "Bonjour.\nÀ demain.", flaws: []postal.Flaw{postal.BrokenHeader}},
		"raw latin1":   {raw: append(crlf(head+"\n"), "R\xe9union \x80"...), text: "Réunion €", flaws: []postal.Flaw{postal.BrokenCharset}},
		"unknown charset": {raw: crlf(head + "Content-Type: text/plain; charset=fakescii\n\nBonjour."), text: "Bonjour.",
			flaws: []postal.Flaw{postal.BrokenCharset}},
		"base64":  {raw: crlf(head + "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nw4kg\n bm9!1cw\n"), text: "É nous", flaws: []postal.Flaw{postal.BrokenPart}},
		"no type": {raw: crlf(head + "Content-Type: text; charset=utf-8\n\nBonjour."), text: "Bonjour."},
		"html": {raw: crlf(head + "Content-Type: text/html; charset=utf-8\n\n<head><title>t</title><style>p{}</style></head><p>Un &eacute;cran<br>deux</p>" +
			`<script>evil()</script><ul><li>a</li><li>b</li></ul><a href="https://evil.example/x">la banque</a><img src="https://track.example/1.gif" alt="logo">`),
			text: "Un écran\ndeux\n\n- a\n- b\n\nla banque <https://evil.example/x> [logo]", flaws: []postal.Flaw{postal.FromHTML}},
		"alternative": {raw: crlf(head + "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\n<b>H</b>\n--b\nContent-Type: text/plain\n\nP\n--b--\n"), text: "P"},
		"mixed with files": {raw: crlf(head + "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nUn.\n--b\nContent-Type: application/pdf; name=\"=?utf-8?q?pi=C3=A8ce.pdf?=\"\n" +
			"Content-Transfer-Encoding: base64\n\nJVBERg==\n--b\nContent-Type: message/rfc822\n\nSubject: dedans\n\nEnclos.\n--b\nContent-Type: text/plain\n\nDeux.\n--b--\n"),
			text: "Un.\n\nDeux.", files: []string{"pièce.pdf application/pdf %PDF", " message/rfc822 Subject: dedans\r\n\r\nEnclos."}},
		"not closed":  {raw: crlf(head + "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nUn.\n"), text: "Un.", flaws: []postal.Flaw{postal.BrokenBounds}},
		"no boundary": {raw: crlf(head + "Content-Type: multipart/mixed\n\nTout.\n"), text: "Tout.", flaws: []postal.Flaw{postal.BrokenBounds}},
		"enclosed only": {raw: crlf(head + "Content-Type: message/rfc822\n\nSubject: dedans\n\nEnclos.\n"), text: "dedans\n\nEnclos.",
			files: []string{" message/rfc822 Subject: dedans\r\n\r\nEnclos.\r\n"}},
		"enveloped": {raw: crlf(head + "Content-Type: application/pkcs7-mime; name=smime.p7m\nContent-Transfer-Encoding: base64\n\nMIIB\n"),
			files: []string{"smime.p7m application/pkcs7-mime 0\x82\x01"}, flaws: []postal.Flaw{postal.Enveloped, postal.NoText}},
	} {
		t.Run(name, func(t *testing.T) {
			m := postal.Read(c.raw, postal.DefaultLimits())
			if m.Subject != "Réunion à È demain" || len(m.From) != 1 || m.From[0] != (postal.Address{Name: "Amélie Noël", Address: "a.noel@example.org"}) ||
				!m.Date.Equal(time.Date(2026, 11, 3, 9, 11, 12, 0, time.UTC)) || len(m.To) != 2 || m.To[0].Name != "Direction, Afrique" || m.MessageID != "one@example.org" ||
				!slices.Equal(m.InReplyTo, []string{"zero@essai.example"}) || !slices.Equal(m.References, []string{"minus@essai.example", "zero@essai.example"}) {
				t.Errorf("head read as %+v", m)
			}
			var files []string
			for _, f := range m.Files {
				files = append(files, f.Name+" "+f.Type+" "+string(f.Content))
			}
			if m.Text != c.text || !slices.Equal(files, c.files) || !slices.Equal(m.Flaws, c.flaws) {
				t.Errorf("text %q\nfiles %q\nflaws %q", m.Text, files, m.Flaws)
			}
		})
	}
}

func TestSendersAreFoundHoweverTheyAreWritten(t *testing.T) {
	for from, want := range map[string]string{
		"a@example.org":                         "a@example.org",
		"a@example.org (Anne Roy)":              "Anne Roy <a@example.org>",
		"Anne Roy <a@example.org":               "Anne Roy <a@example.org>",
		"Roy, Anne <a@example.org>":             "Roy / Anne <a@example.org>",
		`"Roy, Anne" <a@example.org>`:           "Roy, Anne <a@example.org>",
		"Anne Roy a@example.org":                "Anne Roy <a@example.org>",
		"MAILER DAEMON <>":                      "MAILER DAEMON",
		"Pete(A \\) chap) <p(his)@silly.test>":  "Pete <p@silly.test>",
		"=?utf-8?q?R=C3=B4le?= <a@example.org>": "Rôle <a@example.org>",
		"R\xf4le <a@example.org>":               "Rôle <a@example.org>",
		"undisclosed-recipients:;":              "",
		"":                                      "",
	} {
		m := postal.Read([]byte("From: "+from+"\n\nx"), postal.DefaultLimits())
		var all []string
		for _, a := range m.From {
			all = append(all, a.String())
		}
		if got := strings.Join(all, " / "); got != want {
			t.Errorf("%q read as %q, want %q", from, got, want)
		}
		if slices.Contains(m.Flaws, postal.NoSender) != (want == "") {
			t.Errorf("%q: flaws %v", from, m.Flaws)
		}
	}
}

func TestDatesAreFoundHoweverTheyAreWritten(t *testing.T) {
	at := time.Date(1998, 4, 30, 15, 28, 50, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"Thu, 30 Apr 1998 11:28:50 -0400": at, "Thu, 30 Apr 1998 11:28:50 EDT": at, "30 Apr 98 11:28:50 -400": at, "Thu, 30 Apr 1998 15:28:50 (EDT) GMT": at,
		"Thursday, 30 Apr 1998 15:28:50": at, "Thu Apr 30 15:28:50 1998": at, "1998-04-30 15:28:50": at, "30 Apr 1998 15:28+0000": at.Truncate(time.Minute),
		"Thu, 30 Apr 1998 15:28:50 H0500": at, "yesterday": {}, "": {}, "Thu, 30 Apr 1598 11:28:50 -0400": {}, "Thu, 30 Apr 99999 11:28:50 -0400": {},
	} {
		m := postal.Read([]byte("Date: "+text+"\n\nx"), postal.DefaultLimits())
		if got := m.Date; slices.Contains(m.Flaws, postal.NoDate) != want.IsZero() || !got.Equal(want) {
			t.Errorf("%q read as %s, %v", text, got, m.Flaws)
		}
	}
}

func TestTheLastPassageIsFound(t *testing.T) {
	at := time.Date(1998, 4, 30, 15, 28, 50, 0, time.UTC)
	for header, want := range map[string]time.Time{
		"Received: from a (a; 1) by b; Thu, 30 Apr 1998 11:28:50 -0400 (EDT)\nReceived: by c; Wed, 29 Apr 1998 15:28:50 +0000": at,
		"Received: by b;\n\tThu, 30 Apr 1998 15:28:50 +0000":                                                                   at,
		"Received: by b":                        {},
		"Received: by b; soon":                  {},
		"Date: Thu, 30 Apr 1998 15:28:50 +0000": {},
	} {
		if m := postal.Read([]byte(header+"\n\nx"), postal.DefaultLimits()); !m.Received.Equal(want) {
			t.Errorf("%q was passed on at %s", header, m.Received)
		}
	}
}

func TestLimitsHold(t *testing.T) {
	const head = "From: a@example.org\nDate: Tue, 3 Nov 2026 10:11:12 +0100\n"
	var nested strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&nested, "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n", i, i)
	}
	nested.WriteString("\nfond\n")
	wide := "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nx\n", 20000) + "--b--\n"
	limits := postal.DefaultLimits()
	for name, c := range map[string]struct {
		raw    string
		limits postal.Limits
		flaw   postal.Flaw
	}{
		"deep":  {head + nested.String(), limits, postal.TooDeep},
		"wide":  {head + wide, limits, postal.TooManyParts},
		"long":  {head + "\n" + strings.Repeat("x", 1000), postal.Limits{Size: 500, Parts: 10, Depth: 3, Text: 1000}, postal.TooLarge},
		"texty": {head + "\n" + strings.Repeat("é", 1000), postal.Limits{Size: 5000, Parts: 10, Depth: 3, Text: 999}, postal.TextCut},
	} {
		begun := time.Now()
		m := postal.Read([]byte(c.raw), c.limits)
		if !slices.Contains(m.Flaws, c.flaw) || len(m.From) != 1 || len(m.Text) > c.limits.Text || len(m.Files) > c.limits.Parts {
			t.Errorf("%s: flaws %v, %d bytes of text, %d files", name, m.Flaws, len(m.Text), len(m.Files))
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
}

func TestMboxIsCutIntoItsMails(t *testing.T) {
	const file = "From a@example.org Tue Nov  3 10:11:12 2026\nSubject: un\n\nFrom here on.\n>From quoted\n\nFrom Russia with love\n\nFrom b@example.org Tue Nov  3 10:11:13 2026\r\nSubject: deux\r\n\r\nfin"
	var got []string
	err := postal.ReadMbox(strings.NewReader(file), 1000, func(e postal.Entry) error {
		got = append(got, e.Envelope+"|"+string(e.Raw))
		return nil
	})
	want := []string{"a@example.org Tue Nov  3 10:11:12 2026|Subject: un\n\nFrom here on.\n>From quoted\n\nFrom Russia with love\n\n", "b@example.org Tue Nov  3 10:11:13 2026|Subject: deux\r\n\r\nfin"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("cut into %q, %v", got, err)
	}
	if !postal.IsMbox([]byte(file)) || postal.IsMbox([]byte("From: a@example.org\n\nat 10:11")) {
		t.Error("an mbox is not told from a mail")
	}
	if err := postal.ReadMbox(strings.NewReader(file), 50, func(postal.Entry) error { return nil }); err == nil {
		t.Error("an entry beyond the limit is taken")
	}
}

// FuzzRead holds that whatever comes in is read, within its limits and as text.
func FuzzRead(f *testing.F) {
	f.Add([]byte("From: a@b.c\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>x\r\n--b--\r\n"))
	f.Add([]byte("Subject: =?utf-8?b?w4k=?= =?x?q?=ZZ?=\nDate: 1 Jan 99\n\n\x00\xff"))
	f.Add([]byte("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nQ29udGVudC1UeXBlOiBtZXNzYWdlL3JmYzgyMg=="))
	limits := postal.Limits{Size: 1 << 20, Parts: 50, Depth: 6, Text: 10_000}
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := string(raw)
		m := postal.Read(raw, limits)
		if string(raw) != before {
			t.Error("the bytes were altered")
		}
		for _, text := range []string{m.Subject, m.Text, m.MessageID} {
			if text != strings.ToValidUTF8(text, "") {
				t.Errorf("%q is no text", text)
			}
		}
		if len(m.Text) > limits.Text || strings.ContainsAny(m.Subject, "\r\n") {
			t.Errorf("beyond limits: %+v", m)
		}
	})
}
