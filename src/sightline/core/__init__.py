"""What every storey stands on: errors, findings, choice by name, seeds and safe storage."""
