"""Where list prices come from and how they become a native price book."""
