"""All files' facts together: what names stand for, what calls come to, where functions run."""
