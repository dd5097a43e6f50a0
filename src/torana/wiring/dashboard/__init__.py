"""The page of ``torana dashboard``: Streamlit on the admin API of a running gateway."""
