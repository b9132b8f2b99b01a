package dynamo

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"salesforce-integration/internal/integration"
)

// making is a transaction that makes links: it looks at their integrations, puts
// their rows, and adds them to their experiments' items.
type making struct {
	store *Store
	links []integration.Link // all that are to be made
	which []int              // those of this transaction

	integrations []string         // whose rows it looks at, first
	experiments  []string         // whose items it changes, last
	groups       map[string][]int // the links of each experiment
	rows         []item           // of the links, in between
}

// newMaking takes as many of the open links, which are sorted, as fit one
// transaction.
func newMaking(s *Store, links []integration.Link, open []int) *making {
	m := &making{store: s, links: links, groups: map[string][]int{}}
	known := map[string]bool{}
	for _, n := range open {
		l := links[n]
		size := len(m.which) + len(m.integrations) + len(m.experiments) + 1
		if !known[l.IntegrationID] {
			size++
		}
		if m.groups[l.ExperimentKey] == nil {
			size++
		}
		if size > maxTransactItems {
			break
		}
		if !known[l.IntegrationID] {
			known[l.IntegrationID] = true
			m.integrations = append(m.integrations, l.IntegrationID)
		}
		if m.groups[l.ExperimentKey] == nil {
			m.experiments = append(m.experiments, l.ExperimentKey)
		}
		m.groups[l.ExperimentKey] = append(m.groups[l.ExperimentKey], n)
		m.which = append(m.which, n)
		m.rows = append(m.rows, linkItem(l))
	}
	return m
}

// send makes the links and notes what became of them. It returns those that others
// stood in the way of, to be sent again.
func (m *making) send(ctx context.Context, results []integration.LinkResult) (again []int, err error) {
	reasons, err := m.store.transact(ctx, m.items())
	if err != nil {
		return nil, err
	}
	if reasons == nil {
		for k, n := range m.which {
			l, err := readLink(m.rows[k])
			if err != nil {
				return nil, err
			}
			results[n] = integration.LinkResult{Link: l, Created: true}
		}
		return nil, nil
	}
	checks, reasons := reasons[:len(m.integrations)], reasons[len(m.integrations):]
	puts, updates := reasons[:len(m.which)], reasons[len(m.which):]
	gone := map[string]bool{}
	for k, r := range checks {
		gone[m.integrations[k]] = r.verdict == refused
	}
	full := map[string]bool{}
	for k, r := range updates {
		full[m.experiments[k]] = r.verdict == refused
	}
	for k, n := range m.which {
		l := m.links[n]
		switch {
		case gone[l.IntegrationID]:
			results[n].Err = noIntegration(l.IntegrationID)
		case puts[k].verdict == refused:
			results[n] = linkedAlready(l, puts[k].stored)
		case full[l.ExperimentKey] && len(m.groups[l.ExperimentKey]) == 1:
			results[n].Err = integration.Conflictf("Experiment %q already has %d campaigns, which is the limit.", l.ExperimentKey, integration.MaxLinksPerExperiment)
		default:
			again = append(again, n)
		}
	}
	if len(again) < len(m.which) {
		return again, nil
	}
	// Only experiments stood in the way: not all of their links fit. One by one, as
	// many are made as do.
	return nil, m.oneByOne(ctx, results)
}

func (m *making) oneByOne(ctx context.Context, results []integration.LinkResult) error {
	for _, n := range m.which {
		if _, err := newMaking(m.store, m.links, []int{n}).send(ctx, results); err != nil {
			return err
		}
	}
	return nil
}

// linkedAlready is the result for a campaign that has a link.
func linkedAlready(l integration.Link, row item) integration.LinkResult {
	stored, err := readLink(row)
	if err == nil && stored.ExperimentKey != l.ExperimentKey {
		err = integration.Conflictf("Campaign %s already follows experiment %q.", l.CampaignID, stored.ExperimentKey)
	}
	if err != nil {
		return integration.LinkResult{Err: err}
	}
	return integration.LinkResult{Link: stored}
}

func (m *making) items() []types.TransactWriteItem {
	var items []types.TransactWriteItem
	for _, id := range m.integrations {
		items = append(items, types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName: m.store.table, Key: integrationKey(id).item(),
			ConditionExpression: aws.String("attribute_exists(pk)"),
		}})
	}
	for _, row := range m.rows {
		items = append(items, types.TransactWriteItem{Put: &types.Put{
			TableName: m.store.table, Item: row,
			ConditionExpression:                 aws.String("attribute_not_exists(pk)"),
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		}})
	}
	for _, experiment := range m.experiments {
		items = append(items, m.index(experiment))
	}
	return items
}

// index adds the links of an experiment to its item.
func (m *making) index(experiment string) types.TransactWriteItem {
	group := m.groups[experiment]
	names := map[string]string{"#n": attrCount}
	values := item{":k": number(len(group)), ":room": number(integration.MaxLinksPerExperiment - len(group))}
	var set []string
	for k, n := range group {
		name, value := "#l"+strconv.Itoa(k), ":l"+strconv.Itoa(k)
		names[name], values[value] = linkAttr(m.links[n].Ref()), indexedLink(m.links[n])
		set = append(set, name+" = "+value)
	}
	return types.TransactWriteItem{Update: &types.Update{
		TableName: m.store.table, Key: experimentKey(experiment).item(),
		UpdateExpression:         aws.String("SET " + strings.Join(set, ", ") + " ADD #n :k"),
		ConditionExpression:      aws.String("attribute_not_exists(#n) OR #n <= :room"),
		ExpressionAttributeNames: names, ExpressionAttributeValues: values,
	}}
}

// compareLinks puts links of one experiment side by side, and among them those of
// one integration.
func compareLinks(a, b integration.Link) int {
	return cmp.Or(strings.Compare(a.ExperimentKey, b.ExperimentKey), strings.Compare(a.IntegrationID, b.IntegrationID))
}
