// Package bus publishes what the product has to say on an EventBridge event bus.
package bus
