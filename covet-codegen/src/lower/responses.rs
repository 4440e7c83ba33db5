//! From declared types to what is worth knowing of them when they are written.

use crate::model::{App, Model, ModelId, ModelKind, Scalar, Type};

/// How a value is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// By the generic writer.
    Any,
    /// `None` alone.
    Null,
    /// `bool`.
    Boolean,
    /// `int`.
    Integer,
    /// `float`, or an `int` in its place.
    Number,
    /// `str`.
    String,
    /// `list`.
    List(Box<Self>),
    /// `tuple` of any length.
    Items(Box<Self>),
    /// `tuple` of known types.
    Parts(Vec<Self>),
    /// `dict`; the shape is that of the values.
    Mapping(Box<Self>),
    /// `None` or what is inside.
    Nullable(Box<Self>),
    /// A model that has a serializer.
    Model(ModelId),
}

/// How responses are written.
#[derive(Debug)]
pub struct Responses<'a> {
    /// The models that have serializers, by id.
    pub models: Vec<ModelPlan<'a>>,
    /// The shapes of responses that are not just a model, each once.
    pub shapes: Vec<Shape>,
    /// How each endpoint's response is written, if that is known.
    pub endpoints: Vec<Option<Writer>>,
}

/// A serializer of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// That of a model.
    Model(ModelId),
    /// That of a shape, by its position.
    Shape(usize),
}

/// A model and the shapes of its fields.
#[derive(Debug)]
pub struct ModelPlan<'a> {
    /// The model.
    pub model: &'a Model,
    /// Its id.
    pub id: ModelId,
    /// The shapes of its fields, in order.
    pub fields: Vec<Shape>,
}

impl<'a> Responses<'a> {
    /// Lowers the responses of `app`.
    pub fn new(app: &'a App) -> Self {
        let models = app.models.iter().enumerate().map(|(id, model)| ModelPlan {
            model,
            id: ModelId(id),
            fields: model.fields.iter().map(|f| shape(app, &f.ty)).collect(),
        });
        let models = models.filter(|plan| is_written(plan.model)).collect();
        let mut shapes = Vec::new();
        let endpoints =
            app.endpoints().map(
                |endpoint| match shape(app, endpoint.route.response.as_ref()?) {
                    Shape::Model(id) => Some(Writer::Model(id)),
                    shape if shape.is_worth_it() => {
                        let found = shapes.iter().position(|other| *other == shape);
                        let position = found.unwrap_or_else(|| {
                            shapes.push(shape);
                            shapes.len() - 1
                        });
                        Some(Writer::Shape(position))
                    }
                    _ => None,
                },
            );
        let endpoints = endpoints.collect();
        Self {
            models,
            shapes,
            endpoints,
        }
    }
}

impl Shape {
    /// Whether the framework sends it as JSON at all, and the generic writer would not do the same.
    fn is_worth_it(&self) -> bool {
        match self {
            Self::List(item) | Self::Mapping(item) => **item != Self::Any,
            Self::Nullable(inner) => matches!(**inner, Self::Model(_)) || inner.is_worth_it(),
            _ => false,
        }
    }
}

/// Whether a model has a serializer of its own. Those of classes are for callers who ask for them: in
/// a response of the framework, their objects are the standard library's to refuse.
const fn is_written(model: &Model) -> bool {
    match model.kind {
        ModelKind::NamedTuple => true,
        ModelKind::Enum(_) => false,
        ModelKind::TypedDict | ModelKind::Dataclass | ModelKind::Struct | ModelKind::Pydantic => {
            !model.fields.is_empty()
        }
    }
}

fn shape(app: &App, ty: &Type) -> Shape {
    let boxed = |ty| Box::new(shape(app, ty));
    match ty {
        Type::None => Shape::Null,
        Type::Bool => Shape::Boolean,
        Type::Int => Shape::Integer,
        Type::Float => Shape::Number,
        Type::Str => Shape::String,
        Type::List(item) => Shape::List(boxed(item)),
        Type::Sequence(item) => Shape::Items(boxed(item)),
        Type::Tuple(parts) => Shape::Parts(parts.iter().map(|part| shape(app, part)).collect()),
        // Keys of other types than `str` are written as well.
        Type::Dict(_, value) => Shape::Mapping(boxed(value)),
        Type::Literal(values) => one_of(values.iter().map(literal)),
        Type::Union(members) => one_of(members.iter().map(|member| shape(app, member))),
        Type::Model(id) if is_written(&app.models[id.0]) => Shape::Model(*id),
        Type::Any | Type::Model(_) => Shape::Any,
    }
}

const fn literal(value: &Scalar) -> Shape {
    match value {
        Scalar::None => Shape::Null,
        Scalar::Bool(_) => Shape::Boolean,
        Scalar::Int(_) => Shape::Integer,
        Scalar::Str(_) => Shape::String,
    }
}

/// The shape of what may be any of several: the one shape that there is beside `None`.
fn one_of(shapes: impl Iterator<Item = Shape>) -> Shape {
    let mut nullable = false;
    let mut one = None;
    for shape in shapes {
        let shape = match shape {
            Shape::Null => {
                nullable = true;
                continue;
            }
            Shape::Nullable(inner) => {
                nullable = true;
                *inner
            }
            shape => shape,
        };
        one = Some(match (one, shape) {
            (None, shape) => shape,
            (Some(one), shape) if one == shape => one,
            (Some(Shape::Integer), Shape::Number) | (Some(Shape::Number), Shape::Integer) => {
                Shape::Number
            }
            _ => Shape::Any,
        });
    }
    match (one, nullable) {
        (None, _) => Shape::Null,
        (Some(Shape::Any), _) => Shape::Any,
        (Some(one), false) => one,
        (Some(one), true) => Shape::Nullable(Box::new(one)),
    }
}
