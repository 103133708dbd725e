"""What a target portal must do right with us, case by case, and how it is judged by what was seen of it."""
