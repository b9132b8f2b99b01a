package schema

// FieldDescribe is one field of a describe. Every property a real describe has is
// there, since generated clients read more of them than one would think.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_describesobjects_describesobjectresult.htm#field
type FieldDescribe struct {
	Aggregatable             bool               `json:"aggregatable"`
	AIPredictionField        bool               `json:"aiPredictionField"`
	AutoNumber               bool               `json:"autoNumber"`
	ByteLength               int                `json:"byteLength"`
	Calculated               bool               `json:"calculated"`
	CalculatedFormula        any                `json:"calculatedFormula"`
	CascadeDelete            bool               `json:"cascadeDelete"`
	CaseSensitive            bool               `json:"caseSensitive"`
	CompoundFieldName        any                `json:"compoundFieldName"`
	ControllerName           any                `json:"controllerName"`
	Createable               bool               `json:"createable"`
	Custom                   bool               `json:"custom"`
	DefaultValue             any                `json:"defaultValue"`
	DefaultValueFormula      any                `json:"defaultValueFormula"`
	DefaultedOnCreate        bool               `json:"defaultedOnCreate"`
	DependentPicklist        bool               `json:"dependentPicklist"`
	DeprecatedAndHidden      bool               `json:"deprecatedAndHidden"`
	Digits                   int                `json:"digits"`
	DisplayLocationInDecimal bool               `json:"displayLocationInDecimal"`
	Encrypted                bool               `json:"encrypted"`
	ExternalID               bool               `json:"externalId"`
	ExtraTypeInfo            any                `json:"extraTypeInfo"`
	Filterable               bool               `json:"filterable"`
	FilteredLookupInfo       any                `json:"filteredLookupInfo"`
	FormulaTreatNullAsZero   bool               `json:"formulaTreatNullNumberAsZero"`
	Groupable                bool               `json:"groupable"`
	HighScaleNumber          bool               `json:"highScaleNumber"`
	HTMLFormatted            bool               `json:"htmlFormatted"`
	IDLookup                 bool               `json:"idLookup"`
	InlineHelpText           any                `json:"inlineHelpText"`
	Label                    string             `json:"label"`
	Length                   int                `json:"length"`
	Mask                     any                `json:"mask"`
	MaskType                 any                `json:"maskType"`
	Name                     string             `json:"name"`
	NameField                bool               `json:"nameField"`
	NamePointing             bool               `json:"namePointing"`
	Nillable                 bool               `json:"nillable"`
	Permissionable           bool               `json:"permissionable"`
	PicklistValues           []PicklistDescribe `json:"picklistValues"`
	PolymorphicForeignKey    bool               `json:"polymorphicForeignKey"`
	Precision                int                `json:"precision"`
	QueryByDistance          bool               `json:"queryByDistance"`
	ReferenceTargetField     any                `json:"referenceTargetField"`
	ReferenceTo              []string           `json:"referenceTo"`
	RelationshipName         any                `json:"relationshipName"`
	RelationshipOrder        any                `json:"relationshipOrder"`
	RestrictedDelete         bool               `json:"restrictedDelete"`
	RestrictedPicklist       bool               `json:"restrictedPicklist"`
	Scale                    int                `json:"scale"`
	SearchPrefilterable      bool               `json:"searchPrefilterable"`
	SoapType                 string             `json:"soapType"`
	Sortable                 bool               `json:"sortable"`
	Type                     string             `json:"type"`
	Unique                   bool               `json:"unique"`
	Updateable               bool               `json:"updateable"`
	WriteRequiresMasterRead  bool               `json:"writeRequiresMasterRead"`
}

// PicklistDescribe is one value of a picklist as a describe shows it.
type PicklistDescribe struct {
	Active       bool    `json:"active"`
	DefaultValue bool    `json:"defaultValue"`
	Label        string  `json:"label"`
	ValidFor     *string `json:"validFor"`
	Value        string  `json:"value"`
}

// bytesPerCharacter is how a describe turns length into byteLength.
const bytesPerCharacter = 3

// Describe renders the field as a describe call does.
func (f *Field) Describe() FieldDescribe {
	d := FieldDescribe{
		Name: f.Name, Label: f.Label, Type: f.Type, SoapType: f.soapType(), Custom: f.Custom(),
		Length: f.Length, ByteLength: f.Length * bytesPerCharacter, Precision: f.Precision, Scale: f.Scale,
		Createable: !f.ReadOnly, Updateable: !f.ReadOnly && !f.CreateOnly,
		Nillable: !f.Required && f.Type != TypeBoolean && f.Type != TypeID, DefaultedOnCreate: f.DefaultValue() != nil,
		ExternalID: f.ExternalID, IDLookup: f.ExternalID || f.Type == TypeID, Unique: f.Unique,
		CaseSensitive: f.CaseSensitive, NameField: f.NameField, CascadeDelete: f.Cascade,
		RestrictedPicklist: f.Restricted, PicklistValues: []PicklistDescribe{}, ReferenceTo: []string{},
		Aggregatable: f.Type != TypeTextArea && f.Type != TypeBase64, Filterable: !f.NoFilter && f.Type != TypeBase64,
		Groupable: f.Type != TypeTextArea && f.Type != TypeBase64 && !f.IsNumber(), Sortable: f.Type != TypeBase64,
		Permissionable: f.Custom() || (!f.ReadOnly && !f.Required),
	}
	if f.Type == TypeBoolean {
		d.DefaultValue = f.Default
	}
	if f.Type == TypeReference {
		d.ReferenceTo = append(d.ReferenceTo, f.ReferenceTo...)
		d.RelationshipName = f.RelationshipName
		d.PolymorphicForeignKey = len(f.ReferenceTo) > 1
		d.NamePointing = d.PolymorphicForeignKey
	}
	if f.Type == TypeInt {
		d.Digits = 9
	}
	if f.Type == TypeTextArea {
		d.ExtraTypeInfo = "plaintextarea"
	}
	for _, p := range f.Picklist {
		label := p.Label
		if label == "" {
			label = p.Value
		}
		d.PicklistValues = append(d.PicklistValues, PicklistDescribe{Active: !p.Inactive, DefaultValue: p.Default, Label: label, Value: p.Value})
	}
	return d
}

func (f *Field) soapType() string {
	switch f.Type {
	case TypeID, TypeReference:
		return "tns:ID"
	case TypeBoolean:
		return "xsd:boolean"
	case TypeInt:
		return "xsd:int"
	case TypeDouble, TypeCurrency, TypePercent:
		return "xsd:double"
	case TypeDate:
		return "xsd:date"
	case TypeDateTime:
		return "xsd:dateTime"
	case TypeBase64:
		return "xsd:base64Binary"
	default:
		return "xsd:string"
	}
}
