package ticket

import "strings"

// FromSources returns requests for a group of hosts that failed alike: what was asked for one
// host, whose address is own, is asked for all of them. The note says which hosts they are.
func FromSources(tickets []Ticket, own, sources, note string) []Ticket {
	if own == "" || sources == "" {
		return tickets
	}
	for _, t := range tickets {
		for i := range t.Blocks {
			b := &t.Blocks[i]
			b.What = strings.ReplaceAll(b.What, own, sources)
			for _, rows := range [][]Row{b.Rows, b.Concerns} {
				for j := range rows {
					if rows[j].Source == own {
						rows[j].Source, b.SourceNote = sources, note
					}
				}
			}
		}
	}
	return tickets
}
