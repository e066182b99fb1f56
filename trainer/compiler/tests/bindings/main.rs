//! Bindings of models with every kind of input and answer: they compile without a warning, whatever names the model has, and a session
//! through them gives the bytes of a plain one.

mod c;
mod fixture;
mod rust;
mod tools;
