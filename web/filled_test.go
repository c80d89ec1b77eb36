package web

import (
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/habilitation"
)

// TestListsAreNeverNull: whatever a handler leaves out of a list is written as an empty list, and what it gave is left as it was.
func TestListsAreNeverNull(t *testing.T) {
	given := correspondence.FeedPage{Items: []correspondence.Headline{{Level: habilitation.Unprotected, Kind: correspondence.Note, Precedence: correspondence.Routine,
		Qualification: correspondence.ToRead, ReleasedAt: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}}}
	body, err := marshalFilled(given)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"items":[{"id":"00000000000000000000000000","number":"","kind":"note","level":"unprotected","precedence":"routine","qualification":"read","subject":"",` +
		`"origin":{"key":"","name":{"fr":"","en":""},"community":false},"released_at":"2026-03-02T08:00:00Z","reasons":[],"unread":false,"imported":false,"attachments":0,"banners":[]}],` +
		`"next":null,"unread":0}`
	if string(body) != want {
		t.Errorf("\n got %s\nwant %s", body, want)
	}
	if given.Items[0].Reasons != nil {
		t.Error("what was given has changed")
	}
}
