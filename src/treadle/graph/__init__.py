"""The one graph form: operations over index spaces, and the plans they expand to. Ring 0: pure."""
