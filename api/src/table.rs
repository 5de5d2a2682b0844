//! Routes with their operations: no route can be added without one, and [`guard`] stands before each.
//!
//! The table is data as well: the interface's description (`GET /openapi.json`) is made of it, and so is the test of the
//! policy, so neither can miss a route.

use axum::Router;
use axum::handler::Handler;
use axum::middleware::from_fn_with_state;
use axum::routing::{self, MethodRouter};
use domain::policy::Operation;
use http::Method;

use crate::Api;
use crate::auth::{Guard, guard};

/// Routes that stand behind the same limits.
#[derive(Default)]
pub struct Table(Vec<(Route, MethodRouter<Api>)>);

/// One route, as it is described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its method. A GET answers HEAD as well.
    pub method: Method,
    /// Its path, with names in braces.
    pub path: &'static str,
    /// What it does.
    pub operation: Operation,
    /// The query parameters that it takes.
    pub query: &'static [&'static str],
}

impl Table {
    /// No routes.
    pub fn new() -> Self {
        Self::default()
    }

    /// With a GET.
    pub fn get<H: Handler<T, Api>, T: 'static>(
        self,
        path: &'static str,
        operation: Operation,
        handler: H,
    ) -> Self {
        self.with(Method::GET, path, operation, routing::get(handler))
    }

    /// With a POST.
    pub fn post<H: Handler<T, Api>, T: 'static>(
        self,
        path: &'static str,
        operation: Operation,
        handler: H,
    ) -> Self {
        self.with(Method::POST, path, operation, routing::post(handler))
    }

    /// With a PUT.
    pub fn put<H: Handler<T, Api>, T: 'static>(
        self,
        path: &'static str,
        operation: Operation,
        handler: H,
    ) -> Self {
        self.with(Method::PUT, path, operation, routing::put(handler))
    }

    /// With a PATCH.
    pub fn patch<H: Handler<T, Api>, T: 'static>(
        self,
        path: &'static str,
        operation: Operation,
        handler: H,
    ) -> Self {
        self.with(Method::PATCH, path, operation, routing::patch(handler))
    }

    /// With a DELETE.
    pub fn delete<H: Handler<T, Api>, T: 'static>(
        self,
        path: &'static str,
        operation: Operation,
        handler: H,
    ) -> Self {
        self.with(Method::DELETE, path, operation, routing::delete(handler))
    }

    /// The route that was added last takes these query parameters.
    pub fn query(mut self, names: &'static [&'static str]) -> Self {
        if let Some((route, _)) = self.0.last_mut() {
            route.query = names;
        }
        self
    }

    /// With the routes of another.
    pub fn merge(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// What is in it.
    pub fn routes(self) -> impl Iterator<Item = Route> {
        self.0.into_iter().map(|(route, _)| route)
    }

    /// Itself as axum has it, each route behind its guard.
    pub fn into_router(self, api: &Api) -> Router<Api> {
        let mut router = Router::new();
        for (route, handler) in self.0 {
            let guarded = Guard {
                api: api.clone(),
                operation: route.operation,
            };
            let handler = handler.route_layer(from_fn_with_state(guarded, guard));
            router = router.route(route.path, handler);
        }
        router
    }

    fn with(
        mut self,
        method: Method,
        path: &'static str,
        operation: Operation,
        handler: MethodRouter<Api>,
    ) -> Self {
        let query = &[];
        let route = Route {
            method,
            path,
            operation,
            query,
        };
        self.0.push((route, handler));
        self
    }
}
