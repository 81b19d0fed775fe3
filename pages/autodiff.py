import streamlit as st
from ui.live import live_slider, plotly_live, canvas_chart, Series, graph_player, step_table
from ui.live.copy_link import copy_link
from ui.live.graph_player import Animation, Node, Frame
from ui.live.step_table import Row
from ui.figures.figure import Figure
import numpy as np
st.title("x")
copy_link("ad")
@st.fragment
def body():
    a = live_slider("a", -5, 5, 1.5, key="ad_a")
    x = np.linspace(0, 6, 200)
    y = np.sin(a*x)
    canvas_chart([Series("sin", x, y), Series("cos", x, np.cos(a*x), 1)], key="c", alt="curves", title=f"a={a:.2f}")
    plotly_live(Figure([dict(x=x, y=y, type="scatter", line=dict(color="@c3"))], dict(title=dict(text=f"v={a}")), "alt"), key="p")
    nodes=(Node(0,0,"x1","input"),Node(0,1,"x2","input"),Node(1,0,"v1 = log(x1)","operation"),Node(1,1,"v2 = x1*x2","operation"),Node(2,0.5,"v3 = v1 + v2","output"))
    edges=((0,2),(0,3),(1,3),(2,4),(3,4))
    fr=(Frame(0,(),((0,"ẋ = 1","done"),),"seed"),Frame(2,(0,),((2,"v̇ = 0.5","done"),),"v1' = 1/x1"),Frame(4,(3,4),((4,"v̇ = 5.5","done"),),"sum"))
    graph_player(Animation(nodes,edges,("2","5","0.69","10",f"{a:.3f}"),fr,"start","forward",1,"graph"),key="g",group="ad",param="ad_step")
    step_table("Primal",["line","value"],[Row(0,1,("x1",f"{a:.3f}")),Row(2,2,("v1","0.69")),Row(4,3,("v3","3"))],key="t",group="ad")
body()
