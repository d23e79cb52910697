"""Why a model does badly: one file per symptom."""
