package intake

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestLinesAreNumberedAndBounded(t *testing.T) {
	long := strings.Repeat("x", maxLine+1)
	var got []string
	err := splitLines(strings.NewReader("\ufeffone\n\n"+long+"\nlast"), func(l Line) bool {
		text := strings.TrimSpace(string(l.Text))
		if l.Fault != nil {
			text = l.Fault.Error()
		}
		got = append(got, text)
		return true
	})
	want := []string{"one", "", errLongLine.Error(), "last"}
	if err != nil || strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestReadingStopsAtAFault(t *testing.T) {
	cause := errors.New("the disk is gone")
	err := splitLines(io.MultiReader(strings.NewReader("one\ntwo"), iotest.ErrReader(cause)), func(Line) bool { return true })
	if !errors.Is(err, cause) || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("got %v", err)
	}
}
