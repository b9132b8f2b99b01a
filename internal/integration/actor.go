package integration

// Role is what a person may do.
type Role string

// The roles. Anything else, the empty role included, may do nothing.
const (
	RoleAdmin  Role = "admin"  // reads and changes
	RoleViewer Role = "viewer" // reads
)

// MayRead says whether the role may look at things.
func (r Role) MayRead() bool { return r == RoleAdmin || r == RoleViewer }

// MayWrite says whether the role may change things.
func (r Role) MayWrite() bool { return r == RoleAdmin }

// Actor is who asks: the subject of a verified token, and its role. It goes into
// the audit trail.
type Actor struct {
	Subject string
	Role    Role
}
