"""What pictures, series and sounds measure, and which of them stand out."""
