package main

import (
	"encoding/json"
	"io"

	"pullpath/internal/pac"
	"pullpath/internal/vantage"
)

// pacReport is pullpath.pac/v1, what settings --pac -o json writes.
type pacReport struct {
	Schema  string        `json:"schema"`
	File    pacSource     `json:"file"`
	Targets []pacTarget   `json:"targets"`
	Env     []pacVariable `json:"variables"`
	// Apart and Lost are for which targets no variable says the same.
	Apart []string `json:"apart"`
	Lost  []string `json:"without_fall_back"`
	Notes []string `json:"notes"`
}

type pacSource struct {
	Location string `json:"location"`
	Final    string `json:"final,omitempty"`
	Type     string `json:"type,omitempty"`
	FoundBy  string `json:"found_by,omitempty"`
	Bytes    int    `json:"bytes"`
}

type pacTarget struct {
	Target string     `json:"target"`
	Answer string     `json:"answer,omitempty"`
	Ways   []string   `json:"ways"`
	Lines  []pac.Line `json:"lines"`
	Asked  []pacAsked `json:"asked"`
	Error  string     `json:"error,omitempty"`
}

type pacAsked struct {
	Name      string   `json:"name"`
	Addresses []string `json:"addresses"`
	Failure   string   `json:"failure,omitempty"`
}

type pacVariable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// pacAsJSON writes what the file said.
func pacAsJSON(w io.Writer, file *vantage.PAC, found []pac.Found) error {
	lines := pac.Variables(found)
	out := pacReport{Schema: "pullpath.pac/v1", File: pacSource{Location: pacText(file.File.Location), Type: pacText(file.File.Type),
		FoundBy: pacText(file.FoundBy), Bytes: len(file.File.Text)}, Targets: []pacTarget{}, Env: []pacVariable{},
		Apart: orNone(lines.Apart), Lost: orNone(lines.Lost), Notes: orNone(pacNotes(found))}
	if file.File.Final != file.File.Location {
		out.File.Final = pacText(file.File.Final)
	}
	for _, v := range lines.Env {
		out.Env = append(out.Env, pacVariable{v.Name, v.Value})
	}
	for _, f := range found {
		out.Targets = append(out.Targets, targetAsJSON(f))
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}

func targetAsJSON(f pac.Found) pacTarget {
	out := pacTarget{Target: f.Target.String(), Answer: pacText(f.Answer.Text), Ways: []string{}, Lines: []pac.Line{}, Asked: []pacAsked{}}
	for _, way := range f.Answer.Ways {
		out.Ways = append(out.Ways, way.String())
	}
	for _, l := range f.Answer.Decided {
		out.Lines = append(out.Lines, pac.Line{Number: l.Number, Text: pacText(l.Text)})
	}
	for _, q := range f.Answer.Asked {
		asked := pacAsked{Name: pacText(q.Name), Addresses: []string{}, Failure: pacText(q.Failure)}
		for _, a := range q.Addresses {
			asked.Addresses = append(asked.Addresses, a.String())
		}
		out.Asked = append(out.Asked, asked)
	}
	if f.Err != nil {
		out.Error = pacText(f.Err.Error())
	}
	return out
}

func orNone(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
