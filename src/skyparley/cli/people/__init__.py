"""`skyparley person …`: the people of a party, with the party's key or an administrator's session."""
