"""Screens: a module each, loaded while it is drawn; they list a picture and decide nothing.

Each has draw(picture, style, view), which lists the whole picture; what changed since the last
one is found out elsewhere.
"""
