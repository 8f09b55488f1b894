package dockertest

// What a manager of one node has said of two stacks, dockerd 20.10.24, but for what nobody
// reads. Of shop, web has two of three replicas, and ports on every node; host has ports of its
// node alone, each told once for each family. Stack other has one service.
const (
	SwarmServices = `[
 {"ID":"web","Spec":{"Name":"shop_web","Labels":{"com.docker.stack.image":"portmoor-e2e","com.docker.stack.namespace":"shop"},"Mode":{"Replicated":{"Replicas":3}},
  "EndpointSpec":{"Mode":"vip","Ports":[{"Protocol":"tcp","TargetPort":81,"PublishMode":"ingress"},{"Protocol":"tcp","TargetPort":80,"PublishedPort":28800,"PublishMode":"ingress"}]}},
  "Endpoint":{"Spec":{"Mode":"vip"},"Ports":[{"Protocol":"tcp","TargetPort":80,"PublishedPort":28800,"PublishMode":"ingress"},{"Protocol":"tcp","TargetPort":81,"PublishedPort":30000,"PublishMode":"ingress"}],
  "VirtualIPs":[{"NetworkID":"j670","Addr":"10.0.0.3/24"}]}},
 {"ID":"host","Spec":{"Name":"shop_host","Labels":{"com.docker.stack.namespace":"shop"},"Mode":{"Global":{}},
  "EndpointSpec":{"Mode":"vip","Ports":[{"Protocol":"tcp","TargetPort":80,"PublishMode":"host"},{"Protocol":"tcp","TargetPort":81,"PublishedPort":28801,"PublishMode":"host"}]}},
  "Endpoint":{"Spec":{"Mode":"vip"},"Ports":[{"Protocol":"tcp","TargetPort":80,"PublishMode":"host"},{"Protocol":"tcp","TargetPort":81,"PublishedPort":28801,"PublishMode":"host"}]}},
 {"ID":"api","Spec":{"Name":"other_api","Labels":{"com.docker.stack.namespace":"other"},"Mode":{"Replicated":{"Replicas":0}}},
  "Endpoint":{"Ports":[{"Protocol":"tcp","TargetPort":80,"PublishedPort":28850,"PublishMode":"ingress"}]}}]`
	SwarmTasks = `[
 {"ID":"t2","ServiceID":"web","Slot":2,"NodeID":"n1","DesiredState":"running","Status":{"State":"running","ContainerStatus":{"ContainerID":"c2","PID":10474},"PortStatus":{}}},
 {"ID":"t1","ServiceID":"web","Slot":1,"NodeID":"n1","DesiredState":"running","Status":{"State":"running","ContainerStatus":{"ContainerID":"c1","PID":10475},"PortStatus":{}}},
 {"ID":"t3","ServiceID":"web","Slot":3,"NodeID":"n1","DesiredState":"running","Status":{"State":"preparing","PortStatus":{}}},
 {"ID":"t4","ServiceID":"host","NodeID":"n1","DesiredState":"running","Status":{"State":"running","ContainerStatus":{"ContainerID":"c4","PID":10476},"PortStatus":{"Ports":[
  {"Protocol":"tcp","TargetPort":81,"PublishedPort":28801,"PublishMode":"host"},{"Protocol":"tcp","TargetPort":81,"PublishedPort":28801,"PublishMode":"host"},
  {"Protocol":"tcp","TargetPort":80,"PublishedPort":32768,"PublishMode":"host"},{"Protocol":"tcp","TargetPort":80,"PublishedPort":32768,"PublishMode":"host"}]}}}]`
	SwarmNodes = `[{"ID":"n1","Spec":{"Role":"manager","Availability":"active"},"Description":{"Hostname":"vm"},"Status":{"State":"ready","Addr":"10.1.2.3"},
  "ManagerStatus":{"Leader":true,"Reachability":"reachable","Addr":"10.1.2.3:2377"}}]`
)
