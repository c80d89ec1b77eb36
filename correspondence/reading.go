package correspondence

import (
	"encoding/json"
	"fmt"

	"chancery/habilitation"
)

// reading is what the journal of readings keeps: who is in the entry's header.
type reading struct {
	Message  habilitation.ID `json:"message"`
	Terminal habilitation.ID `json:"terminal,omitzero"`
	Session  habilitation.ID `json:"session,omitzero"`
	How      string          `json:"how"` // page, original, signature, attachment…
}

func encodeReading(r reading) ([]byte, error) {
	payload, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode reading: %w", err)
	}
	return payload, nil
}
