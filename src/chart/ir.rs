//! The chart's own intermediate form: what a template says, without minijinja's types.
//!
//! A template is a flat list of pieces, because both languages mark where a block ends. White space is not part of a
//! decision anywhere: tags keep their dashes, and dashes mean the same in both languages.

/// A place in a template's source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Path below `templates/`.
    pub file: String,
    /// 1-based line.
    pub line: usize,
    /// 1-based column, in bytes.
    pub column: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "templates/{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Text between tags, as it stands in the source.
    Text(String),
    /// A comment, without its delimiters.
    Comment {
        /// What it says.
        text: String,
        /// A dash on the left.
        trim_left: bool,
        /// A dash on the right.
        trim_right: bool,
    },
    /// A tag.
    Tag {
        /// What it does.
        tag: Tag,
        /// A dash on the left.
        trim_left: bool,
        /// A dash on the right.
        trim_right: bool,
        /// Where it begins.
        place: Place,
    },
}

/// What a tag does.
#[derive(Clone, Debug, PartialEq)]
pub enum Tag {
    /// Prints a value.
    Emit(Expr),
    /// Begins a condition.
    If(Expr),
    /// Another condition.
    ElseIf(Expr),
    /// Otherwise.
    Else,
    /// Ends a condition.
    EndIf,
    /// Begins a loop over a list.
    For {
        /// The loop's variable.
        variable: String,
        /// The list.
        over: Expr,
    },
    /// Ends a loop.
    EndFor,
    /// Gives a value a name, until the enclosing block ends.
    Set {
        /// The name.
        variable: String,
        /// The value.
        value: Expr,
    },
    /// Begins a macro.
    Macro {
        /// Its name.
        name: String,
        /// Its parameters.
        parameters: Vec<String>,
    },
    /// Ends a macro.
    EndMacro,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A name and the keys below it: `values.image.tag`, a loop's variable, a parameter.
    Path(Vec<String>),
    /// Text.
    Str(String),
    /// An integer.
    Int(i64),
    /// A truth value.
    Bool(bool),
    /// `value | name(args)`: Go's `name args… value`.
    Pipe {
        /// The value, which Go takes last.
        value: Box<Expr>,
        /// Helm's name of the function.
        name: String,
        /// The arguments before it.
        args: Vec<Expr>,
    },
    /// `name(args)`: a function's or a macro's call.
    Call {
        /// Its name.
        name: String,
        /// Its arguments.
        args: Vec<Expr>,
    },
    /// `not a`.
    Not(Box<Expr>),
    /// `a and b`.
    And(Box<Expr>, Box<Expr>),
    /// `a or b`.
    Or(Box<Expr>, Box<Expr>),
    /// A comparison, by Go's name: `eq`, `ne`, `lt`, `le`, `gt`, `ge`.
    Compare(&'static str, Box<Expr>, Box<Expr>),
}

impl Expr {
    /// The expressions directly below this one, in the order of the source.
    #[must_use]
    pub fn below(&self) -> Vec<&Self> {
        match self {
            Self::Path(_) | Self::Str(_) | Self::Int(_) | Self::Bool(_) => Vec::new(),
            Self::Not(a) => vec![a],
            Self::And(a, b) | Self::Or(a, b) | Self::Compare(_, a, b) => vec![a, b],
            Self::Pipe { value, args, .. } => std::iter::once(value.as_ref()).chain(args).collect(),
            Self::Call { args, .. } => args.iter().collect(),
        }
    }
}
