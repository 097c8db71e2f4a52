"""What every storey uses: errors, findings, choice by name, settings and their rules, seeds, safe storage."""
