"""Operations and hazard notices: what is filed, amended, flown and ended."""
