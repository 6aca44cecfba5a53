"""The versions, oldest first: v0001_first, …"""
