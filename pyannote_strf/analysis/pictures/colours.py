"""Colour-blind safe colours, after M. Okabe and K. Ito (2008)."""

BLUE, ORANGE, GREEN, GREY, LIGHT = "#0072B2", "#D55E00", "#009E73", "#555555", "#BBBBBB"
