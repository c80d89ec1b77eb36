package web

import "chancery/habilitation"

// keeps goes through what an archivist does with a message, and through the trail that an auditor reads.
func (c *contract) keeps(l *lodge, id string) {
	c.t.Helper()
	ana := &contract{visitor: l.visit("ana", habilitation.Restricted), document: c.document, met: c.met}
	message, template := "/api/v1/messages/"+id, "/api/v1/messages/{id}"
	ana.call(204, "PUT", template+"/file-plan", message+"/file-plan", `{"position":"AFR / Sahel / Crues","reason":"Classé avec les autres"}`)
	ana.call(422, "PUT", template+"/file-plan", message+"/file-plan", `{"position":"","reason":""}`)
	ana.call(204, "POST", template+"/freezes", message+"/freezes", `{"reason":"Contentieux"}`)
	ana.call(422, "POST", template+"/freezes", message+"/freezes", `{"reason":""}`)
	var view struct {
		Keeping struct {
			Freezes  []struct{ ID string }
			FilePlan string `json:"file_plan"`
		}
	}
	ana.call(200, "GET", template, message, "").read(&view)
	if len(view.Keeping.Freezes) != 1 || view.Keeping.FilePlan != "AFR / Sahel / Crues" {
		c.t.Fatalf("kept as %+v", view.Keeping)
	}
	lift := message + "/freezes/" + view.Keeping.Freezes[0].ID + "/lift"
	ana.call(422, "POST", template+"/freezes/{freeze}/lift", lift, `{"reason":""}`)
	ana.call(204, "POST", template+"/freezes/{freeze}/lift", lift, `{"reason":"Affaire close"}`)
	ana.call(404, "POST", template+"/freezes/{freeze}/lift", message+"/freezes/00000000000000000000000000/lift", `{"reason":"x"}`)
	var life struct{ Items []struct{ What string } }
	ana.call(200, "GET", template+"/life", message+"/life", "").read(&life)
	var told []string
	for _, item := range life.Items {
		told = append(told, item.What)
	}
	for i, want := range []string{"refiled", "frozen", "thawed"} {
		if n := len(told) - 3 + i; n < 0 || told[n] != want {
			c.t.Errorf("its life is told as %v", told)
		}
	}
	lea := &contract{visitor: l.visit("lea", habilitation.Restricted), document: c.document, met: c.met}
	lea.call(403, "GET", "/api/v1/house/denials", "/api/v1/house/denials", "")
	l.Enact(habilitation.AgentAppointed{Agent: 6, Functions: []habilitation.Function{habilitation.Auditor}})
	theo := &contract{visitor: l.visit("theo", habilitation.Restricted), document: c.document, met: c.met}
	theo.call(200, "GET", "/api/v1/house/denials", "/api/v1/house/denials?limit=5", "")
	theo.call(422, "GET", "/api/v1/house/denials", "/api/v1/house/denials?limit=999", "")
}
