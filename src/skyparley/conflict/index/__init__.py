"""The hot index: what is filed, found by place and time. Sorted arrays, fresh writes beside them, shapes in pools."""
