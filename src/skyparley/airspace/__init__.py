"""The shared airspace (pure): state, rules and state tables; nothing changes it except `apply`."""
