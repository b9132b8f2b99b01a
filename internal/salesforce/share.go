package salesforce

// ShareType is the right that those who see a campaign get to its notes.
// https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contentdocumentlink.htm
type ShareType string

// The share types that fit a note on a record.
const (
	ShareViewer   ShareType = "V" // they may read it
	ShareInferred ShareType = "I" // by their right to the campaign
)
